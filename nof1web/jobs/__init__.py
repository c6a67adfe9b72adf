"""When: queues, leases, the tick, tasks."""
