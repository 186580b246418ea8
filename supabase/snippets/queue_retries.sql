-- Signals that workers gave back and get again, and why.
select queue, message_id, worker, error from private.queue_leases where error is not null order by queue, message_id;
