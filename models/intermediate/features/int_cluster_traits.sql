{#-
    Grain: one row per behaviour cluster and feature of the regression: how far the mean
    of the cluster is from that of all, and the place of that among its features.
-#}
with

-- Of the sample, so that the cost is bounded.
listed as (
    select
        clusters.cluster_number,
        listed.feature,
        listed.words,
        cast(listed.feature_value as decimal(28, 8)) as feature_value,
        cast(power(listed.feature_value, 2) as decimal(28, 8)) as feature_square,
        cast(listed.plain_value as decimal(28, 8)) as plain_value
    from {{ ref('int_features_listed') }} as listed
    inner join {{ ref('int_cluster_sample') }} as sampled
        on listed.customer_key = sampled.customer_key
    inner join {{ ref('customer_clusters') }} as clusters
        on listed.customer_key = clusters.customer_key
),

all_customers as (
    select
        listed.feature,
        cast(avg(listed.feature_value) as double) as feature_mean,
        cast(avg(listed.plain_value) as double) as plain_mean,
        sqrt(nullif(greatest(
            cast(avg(listed.feature_square) as double)
            - power(cast(avg(listed.feature_value) as double), 2), 0
        ), 0)) as feature_deviation
    from listed
    group by listed.feature
),

standings as (
    select
        listed.cluster_number,
        listed.feature,
        listed.words,
        cast(avg(listed.plain_value) as double) as plain_mean,
        all_customers.plain_mean as plain_mean_of_all,
        (cast(avg(listed.feature_value) as double) - all_customers.feature_mean)
        / all_customers.feature_deviation as standing
    from listed
    inner join all_customers on listed.feature = all_customers.feature
    where all_customers.feature_deviation > 1e-6
    group by
        listed.cluster_number,
        listed.feature,
        listed.words,
        all_customers.plain_mean,
        all_customers.feature_mean,
        all_customers.feature_deviation
),

ranked as (
    select
        standings.*,
        row_number() over (
            partition by standings.cluster_number
            order by abs(standings.standing) desc, standings.feature asc
        ) as place
    from standings
)

select * from ranked
