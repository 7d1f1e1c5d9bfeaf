{#-
    Grain: one row per kind of mix and set: of the channels, the devices or the places
    of purchase that people used, and what those who used just these are worth.
-#}
with

counted as (
    select
        mixed.mix_kind,
        mixed.mix,
        mixed.n_members,
        count(*) as n_people,
        count(case when mixed.n_orders > 0 then 1 end) as n_customers,
        cast(sum(mixed.n_orders) as bigint) as n_orders,
        cast(sum(mixed.revenue_amount) as decimal(18, 4)) as revenue_amount
    from {{ ref('int_people_mixed') }} as mixed
    group by mixed.mix_kind, mixed.mix, mixed.n_members
),

totals as (
    select
        counted.*,
        sum(counted.n_people) over (partition by counted.mix_kind) as all_people,
        sum(counted.n_orders) over (partition by counted.mix_kind) as all_orders,
        sum(counted.revenue_amount) over (partition by counted.mix_kind) as all_revenue
    from counted
),

final as (
    select
        totals.mix_kind,
        totals.mix,
        totals.n_members,
        totals.n_people,
        totals.n_customers,
        totals.n_orders,
        totals.revenue_amount,
        cast(totals.n_people as double) / nullif(cast(totals.all_people as double), 0)
            as people_share,
        cast(totals.n_orders as double) / nullif(cast(totals.all_orders as double), 0)
            as order_share,
        cast(totals.revenue_amount as double)
        / nullif(cast(totals.all_revenue as double), 0) as revenue_share,
        cast(totals.n_customers as double) / nullif(totals.n_people, 0)
            as customer_rate,
        {{ wilson_bound('totals.n_customers', 'totals.n_people', 'lower') }}
            as customer_rate_lower,
        {{ wilson_bound('totals.n_customers', 'totals.n_people', 'upper') }}
            as customer_rate_upper,
        cast(totals.revenue_amount as double) / nullif(totals.n_people, 0)
            as mean_revenue_amount
    from totals
)

select * from final
