{#-
    Grain: one row per kind of mix and set: of the channels, the devices or the places
    of purchase that people used, and what those who used just these are worth. Sets of
    few people are together in `(other)`.
-#}
{%- set least = var('mix_min_people') -%}
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

-- Who used none is no rare case of something else.
named as (
    select
        counted.*,
        counted.n_people < {{ least }} and counted.mix <> '(none)' as is_rare
    from counted
),

rolled_up as (
    select
        named.mix_kind,
        case when named.is_rare then '(other)' else named.mix end as mix,
        case when not named.is_rare then named.n_members end as n_members,
        cast(sum(named.n_people) as bigint) as n_people,
        cast(sum(named.n_customers) as bigint) as n_customers,
        cast(sum(named.n_orders) as bigint) as n_orders,
        cast(sum(named.revenue_amount) as decimal(18, 4)) as revenue_amount
    from named
    group by
        named.mix_kind,
        case when named.is_rare then '(other)' else named.mix end,
        case when not named.is_rare then named.n_members end
),

totals as (
    select
        rolled_up.*,
        sum(rolled_up.n_people) over by_kind as all_people,
        sum(rolled_up.n_orders) over by_kind as all_orders,
        sum(rolled_up.revenue_amount) over by_kind as all_revenue
    from rolled_up
    window by_kind as (partition by rolled_up.mix_kind)
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
