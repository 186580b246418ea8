/** Reads gzipped tar archives, to the extent that the extensions' packages need. */

/** One file of an archive. */
export interface ArchivedFile {
  name: string;
  bytes: Uint8Array;
}

const BLOCK = 512;

/** Returns the regular files of a `.tar.gz`. */
export async function readArchive(
  gzipped: Uint8Array<ArrayBuffer>,
): Promise<ArchivedFile[]> {
  const stream = new Blob([gzipped]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const tar = new Uint8Array(await new Response(stream).arrayBuffer());
  const files: ArchivedFile[] = [];
  let offset = 0;
  while (offset + BLOCK <= tar.length && tar[offset] !== 0) {
    const header = tar.subarray(offset, offset + BLOCK);
    const size = parseInt(textAt(header, 124, 12), 8);
    const start = offset + BLOCK;
    const type = textAt(header, 156, 1);
    if (type === "0" || type === "") {
      const bytes = tar.slice(start, start + size);
      files.push({ name: nameOf(header), bytes });
    }
    offset = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function nameOf(header: Uint8Array): string {
  const prefix = textAt(header, 345, 155);
  const name = textAt(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textAt(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder()
    .decode(end < 0 ? field : field.subarray(0, end)).trim();
}
