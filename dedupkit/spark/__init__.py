"""Past one machine: the same stages as tasks of Apache Spark."""
