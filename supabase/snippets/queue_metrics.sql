-- Length of the workers' queues, and the age of their oldest message.
select queue_name, queue_length, oldest_msg_age_sec, total_messages
from pgmq.metrics_all()
order by oldest_msg_age_sec desc nulls last;
