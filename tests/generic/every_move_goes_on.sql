{#-
    Where customers are at the end of a month, and with what net revenue, is where they
    are at the beginning of the next, and after the last month in `rfm_scores`.
-#}
{% test every_move_goes_on(model) %}
{%- set next_month = dbt.dateadd('month', 1, 'moves.migration_month') -%}
with

months as (
    select
        min(moves.migration_month) as first_month,
        max(moves.migration_month) as last_month
    from {{ model }} as moves
),

ends as (
    select
        cast({{ next_month }} as date) as next_month,
        moves.to_segment as rfm_segment,
        sum(moves.n_customers) as n_customers,
        sum(moves.net_revenue_amount) as net_revenue_amount
    from {{ model }} as moves
    group by cast({{ next_month }} as date), moves.to_segment
),

begins as (
    select
        moves.migration_month,
        moves.from_segment as rfm_segment,
        sum(moves.n_customers) as n_customers,
        sum(moves.net_revenue_before_amount) as net_revenue_amount
    from {{ model }} as moves
    cross join months
    where
        moves.from_segment <> '(new)'
        and moves.migration_month > months.first_month
    group by moves.migration_month, moves.from_segment
    union all
    select
        cast({{ dbt.dateadd('month', 1, 'months.last_month') }} as date)
            as migration_month,
        scores.rfm_segment,
        count(*) as n_customers,
        sum(scores.net_revenue_amount) as net_revenue_amount
    from {{ ref('rfm_scores') }} as scores
    cross join months
    group by
        cast({{ dbt.dateadd('month', 1, 'months.last_month') }} as date),
        scores.rfm_segment
)

select
    ends.next_month,
    begins.migration_month,
    coalesce(ends.rfm_segment, begins.rfm_segment) as rfm_segment
from ends
full outer join begins
    on
        ends.next_month = begins.migration_month
        and ends.rfm_segment = begins.rfm_segment
where
    ends.n_customers is distinct from begins.n_customers
    or ends.net_revenue_amount is distinct from begins.net_revenue_amount
{% endtest %}
