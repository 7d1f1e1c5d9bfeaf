{#-
    What customers are clustered by, in the order of `FEATURES` in
    `journey_clv/clusters.py`: the name, and its SQL over the features of the regression.
    They change slowly, so that a customer changes the cluster only by changing habits;
    how long ago somebody bought is told by RFM and the stage.
-#}
{% macro cluster_features() %}
    {{ return([
        ('log_repeat_purchases', 'features.log_repeat_purchases'),
        ('log_mean_spend', 'features.log_mean_spend'),
        ('is_member', 'features.is_member'),
        ('has_refunds', 'case when features.refund_share > 0 then 1 else 0 end'),
    ]) }}
{% endmacro %}
