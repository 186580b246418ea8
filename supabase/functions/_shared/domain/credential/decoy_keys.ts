/**
 * Decoy public keys, whose private halves were thrown away. Tokens that match no key of the strategy are verified
 * against these, so that a miss takes as long as a hit.
 */
export const DECOY_KEYS = {
  keys: [
    {
      kty: "RSA",
      n: "uy2gBkesYBoZ9cnkw_idgwDlE7JRDFAIiKRXyiPR0ky7MKf8EM48swUPl-cHXk7U" +
        "TtZcg5lfXV0m_eCuRMucEreMJqEfijEwsin-GDXsFxRAQ8c9CUO85iZ-TWiBlnKH" +
        "db-THNK2zjJ6RISv0Yba2T_z9hH836NIaaTewg5bRuI9BkA6nHnByDmS9Zk5y3fF" +
        "wcdVWj_wcjFfi7684_ZWwjPMlwFvQE5cA9JBvtTQyJfLChcIo2zThuV88xTGM9AM" +
        "pqBJ8c0SlvmlKA0OSgJdXAoBHgqB1C9ov__J3DcU4u2II1NBgTP513V28-joEh6X" +
        "OuF2ZE45zSAqfliGjD24vw",
      e: "AQAB",
    },
    {
      kty: "EC",
      crv: "P-256",
      x: "QSZTkhLXazR7p4h6XGRiuv3CluLEFWZxGzkPVK1a4Y0",
      y: "nbw2lLSslVZKUw7q5j6gslDrKt9wC9f1InqYAKKpmFs",
    },
    {
      kty: "OKP",
      crv: "Ed25519",
      x: "HxSk7lqrbGN57WIT4PJN2tEyzHAkiOtEDvx7UW22Yk8",
    },
  ],
};
