-- How long the workers' queues are, and how old their oldest message is.
select queue_name, queue_length, oldest_msg_age_sec, total_messages
from pgmq.metrics_all()
order by oldest_msg_age_sec desc nulls last;
