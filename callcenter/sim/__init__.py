"""The simulated PBX of the demo and the load tests: speaks AMI and AudioSocket over loopback."""
