"""Grain: one row per cluster and feature. Fits the behaviour clusters."""

from journey_clv.clusters import fit_clusters
from journey_clv.frames import to_pandas


def model(dbt, session):
    return fit_clusters(to_pandas(dbt.ref("int_cluster_sample")))
