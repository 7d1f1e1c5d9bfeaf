{#-
    Where does the funnel leak, and did it leak less before? Each stage's conversion
    within `funnel_window_days`, for stays that began in the latest twelve months that
    could be watched for so long, and in the twelve months before.
-#}
with

observed as (
    select
        funnel.period_start_date,
        funnel.stage,
        funnel.stage_rank,
        funnel.n_observed,
        funnel.n_converted_in_time,
        max(funnel.period_start_date) over () as last_month
    from {{ ref('journey_funnel') }} as funnel
    where
        funnel.segment_kind = 'all'
        and funnel.n_observed = funnel.n_entered
        and funnel.stage <> 'advocacy'
),

years as (
    select
        observed.stage,
        observed.stage_rank,
        case
            when
                observed.period_start_date
                > {{ dbt.dateadd('month', -12, 'observed.last_month') }}
                then 'latest twelve months'
            else 'the twelve before'
        end as period,
        sum(observed.n_observed) as n_observed,
        sum(observed.n_converted_in_time) as n_converted
    from observed
    where
        observed.period_start_date
        > {{ dbt.dateadd('month', -24, 'observed.last_month') }}
    group by observed.stage, observed.stage_rank, period
)

select
    years.stage,
    years.period,
    years.n_observed,
    years.n_converted,
    cast(years.n_converted as double) / years.n_observed as conversion_rate,
    {{ wilson_bound('years.n_converted', 'years.n_observed', 'lower') }}
        as conversion_rate_lower,
    {{ wilson_bound('years.n_converted', 'years.n_observed', 'upper') }}
        as conversion_rate_upper
from years
order by years.stage_rank asc, years.period asc
