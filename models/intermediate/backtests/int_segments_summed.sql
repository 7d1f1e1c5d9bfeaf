{#-
    Grain: one row per kind of segment and segment: sums over the customers who are in
    it on the as-of day, and of predictions and outcomes over those who were in it on
    the newest past day whose predictions have come due.
-#}
{%- set kinds = {
    'all': "'all'",
    'value_tier': 'customers.value_tier',
    'rfm_segment': 'customers.rfm_segment',
    'stage': 'customers.stage',
    'value_tier_rfm_stage': "customers.value_tier || ' / ' || customers.rfm_segment
        || ' / ' || customers.stage",
    'behaviour_cluster': 'customers.cluster_name',
} -%}
{%- set amounts = [
    'historic_net_revenue_amount', 'historic_margin_amount',
    'predicted_net_revenue_amount', 'predicted_margin_amount', 'clv_amount',
] -%}
with

customers as (
    select
        segmented.*,
        clusters.cluster_name,
        segmented.days_ago = 0 as is_now,
        segmented.predicted_net_revenue
        - cast(segmented.actual_net_revenue_amount as double) as error,
        {% for days in [90, 365] -%}
        case when clv.age_days >= {{ days }} then 1 end as known_{{ days }},
        case
            when
                clv.age_days >= {{ days }}
                and clv.age_days - clv.repeat_span_days < {{ days }}
                then 1
        end as retained_{{ days }},
        {% endfor -%}
        {% for column in amounts -%}
        clv.{{ column }},
        {% endfor -%}
        cast(clv.predicted_orders as decimal(28, 8)) as predicted_orders,
        cast(clv.p_alive as decimal(18, 12)) as p_alive
    from {{ ref('int_customers_segmented') }} as segmented
    left join {{ ref('clv_customers') }} as clv
        on
            segmented.days_ago = 0
            and segmented.customer_key = clv.customer_key
    left join {{ ref('customer_clusters') }} as clusters
        on
            segmented.days_ago = 0
            and segmented.customer_key = clusters.customer_key
),

segmented as (
    {% for kind, segment in kinds.items() -%}
    select
        '{{ kind }}' as segment_kind,
        {{ segment }} as segment,
        customers.*
    from customers
    where {{ segment }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

summed as (
    select
        segmented.segment_kind,
        segmented.segment,
        count(case when segmented.is_now then 1 end) as n_customers,
        {% for days in [90, 365] -%}
        count(segmented.known_{{ days }}) as n_known_{{ days }},
        count(segmented.retained_{{ days }}) as n_retained_{{ days }},
        {% endfor -%}
        {% for column in amounts -%}
        cast(coalesce(sum(segmented.{{ column }}), 0) as decimal(18, 4))
            as {{ column }},
        {% endfor -%}
        cast(coalesce(sum(segmented.predicted_orders), 0) as double)
            as predicted_orders,
        cast(sum(segmented.p_alive) as double)
        / nullif(count(segmented.p_alive), 0) as mean_p_alive,
        max(case when not segmented.is_now then segmented.origin_date end)
            as backtest_origin_date,
        max(case when not segmented.is_now then segmented.horizon_days end)
            as backtest_horizon_days,
        count(segmented.error) as n_backtest_customers,
        cast(sum(
            case
                when not segmented.is_now
                    then cast(segmented.predicted_net_revenue as decimal(28, 8))
            end
        ) as decimal(18, 4)) as backtest_predicted_net_revenue_amount,
        cast(sum(segmented.actual_net_revenue_amount) as decimal(18, 4))
            as backtest_actual_net_revenue_amount,
        cast(sum(cast(segmented.error as decimal(28, 8))) as double)
        / nullif(count(segmented.error), 0) as mean_error,
        cast(sum(cast(power(segmented.error, 2) as decimal(34, 8))) as double)
        / nullif(count(segmented.error), 0) as mean_squared_error
    from segmented
    group by segmented.segment_kind, segmented.segment
)

select * from summed
