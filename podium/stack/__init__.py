"""The embedded stack: Kafka, Redis, Docker and podium's own processes, started and supervised on one machine."""
