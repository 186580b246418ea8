-- Signals that workers gave back and will get again, with the reasons.
select queue, message_id, worker, error, visible_at
from private.waiting_messages
where error is not null
order by queue, message_id;
