"""The command line, the supervisor of the embedded stack, the demo and the doctor."""
