-- Signals that workers gave back and will get again, with the reasons.
select queue, message_id, worker, error from private.queue_leases where error is not null order by queue, message_id;
