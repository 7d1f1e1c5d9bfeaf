{#-
    Grain: one row per behaviour cluster. How many customers it has, what they are worth,
    and the three features that set it apart most.
-#}
{%- set places = [1, 2, 3] -%}
with

fits as (
    select
        fitted.cluster_number,
        max(fitted.status) as status,
        max(fitted.stability) as stability
    from {{ ref('py_behaviour_clusters') }} as fitted
    group by fitted.cluster_number
),

totals as (
    select
        clusters.cluster_number,
        clusters.cluster_name,
        count(*) as n_customers,
        cast(avg(cast(clusters.clearness as decimal(18, 12))) as double)
            as mean_clearness,
        cast(sum(clv.historic_net_revenue_amount) as decimal(18, 4))
            as net_revenue_amount,
        cast(sum(clv.predicted_net_revenue_amount) as decimal(18, 4))
            as predicted_net_revenue_amount,
        cast(sum(clv.clv_amount) as decimal(18, 4)) as clv_amount
    from {{ ref('customer_clusters') }} as clusters
    inner join {{ ref('clv_customers') }} as clv
        on clusters.customer_key = clv.customer_key
    group by clusters.cluster_number, clusters.cluster_name
),

profiles as (
    select
        {% for place in places -%}
        {% for column in ['words', 'plain_mean', 'plain_mean_of_all'] -%}
        max(case when traits.place = {{ place }} then traits.{{ column }} end)
            as {{ column }}_{{ place }},
        {% endfor -%}
        {% endfor -%}
        traits.cluster_number
    from {{ ref('int_cluster_traits') }} as traits
    group by traits.cluster_number
),

final as (
    select
        cast(totals.cluster_number as integer) as cluster_number,
        totals.cluster_name,
        cast(fits.status as varchar) as status,
        fits.stability,
        totals.n_customers,
        cast(totals.n_customers as double)
        / nullif(sum(totals.n_customers) over (), 0) as customer_share,
        totals.mean_clearness,
        {% for place in places -%}
        profiles.words_{{ place }} as trait_{{ place }},
        profiles.plain_mean_{{ place }} as trait_{{ place }}_mean,
        profiles.plain_mean_of_all_{{ place }} as trait_{{ place }}_mean_of_all,
        {% endfor -%}
        totals.net_revenue_amount,
        totals.predicted_net_revenue_amount,
        totals.clv_amount
    from totals
    inner join fits on totals.cluster_number = fits.cluster_number
    left join profiles on totals.cluster_number = profiles.cluster_number
)

select * from final
