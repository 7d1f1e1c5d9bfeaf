"""Customer journeys and lifetime value: the Python half of the dbt project."""
