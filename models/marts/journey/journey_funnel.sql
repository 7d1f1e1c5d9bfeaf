{#-
    Grain: one row per month of entry, stage and segment. How many spells began, how
    they came out so far, and how many went on in time, of those that had the time.
-#}
{%- set window_days = var('funnel_window_days') -%}
with

spells as (
    select
        segmented.*,
        {{ dbt.dateadd('day', window_days, 'segmented.entered_at') }} <= as_of.as_of_at
            as is_observed,
        segmented.exited_at
        <= {{ dbt.dateadd('day', window_days, 'segmented.entered_at') }} as is_in_time
    from {{ ref('int_spells_segmented') }} as segmented
    cross join {{ ref('int_as_of') }} as as_of
),

counted as (
    select
        spells.entered_month as period_start_date,
        spells.stage,
        spells.stage_rank,
        spells.segment_kind,
        spells.segment,
        count(*) as n_entered,
        count(case when spells.outcome = 'converted' then 1 end) as n_converted,
        count(case when spells.outcome = 'dropped' then 1 end) as n_dropped,
        count(case when spells.outcome = 'open' then 1 end) as n_open,
        count(case when spells.is_observed then 1 end) as n_observed,
        count(
            case
                when
                    spells.is_observed
                    and spells.is_in_time
                    and spells.outcome = 'converted'
                    then 1
            end
        ) as n_converted_in_time,
        median(case when spells.outcome = 'converted' then spells.days end)
            as median_days_to_convert,
        median(case when spells.outcome = 'dropped' then spells.days end)
            as median_days_to_drop
    from spells
    group by
        spells.entered_month,
        spells.stage,
        spells.stage_rank,
        spells.segment_kind,
        spells.segment
),

-- Advocacy is the last stage, where nothing can convert, and nobody can be lost who has
-- lapsed: no rate is better than 0.
tried as (
    select
        counted.*,
        case when counted.stage <> 'advocacy' then counted.n_entered else 0 end
            as n_tried,
        case when counted.stage <> 'advocacy' then counted.n_observed else 0 end
            as n_tried_and_observed,
        case when counted.stage <> 'lapsed' then counted.n_entered else 0 end
            as n_to_lose
    from counted
),

final as (
    select
        tried.period_start_date,
        tried.stage,
        tried.stage_rank,
        tried.segment_kind,
        tried.segment,
        tried.n_entered,
        tried.n_converted,
        tried.n_dropped,
        tried.n_open,
        cast(tried.n_converted as double) / nullif(tried.n_tried, 0)
            as conversion_rate,
        {{ wilson_bound('tried.n_converted', 'tried.n_tried', 'lower') }}
            as conversion_rate_lower,
        {{ wilson_bound('tried.n_converted', 'tried.n_tried', 'upper') }}
            as conversion_rate_upper,
        cast(tried.n_dropped as double) / nullif(tried.n_to_lose, 0) as drop_rate,
        {{ wilson_bound('tried.n_dropped', 'tried.n_to_lose', 'lower') }}
            as drop_rate_lower,
        {{ wilson_bound('tried.n_dropped', 'tried.n_to_lose', 'upper') }}
            as drop_rate_upper,
        tried.n_observed,
        tried.n_converted_in_time,
        cast(tried.n_converted_in_time as double)
        / nullif(tried.n_tried_and_observed, 0) as in_time_conversion_rate,
        {{ wilson_bound(
            'tried.n_converted_in_time', 'tried.n_tried_and_observed', 'lower'
        ) }} as in_time_conversion_rate_lower,
        {{ wilson_bound(
            'tried.n_converted_in_time', 'tried.n_tried_and_observed', 'upper'
        ) }} as in_time_conversion_rate_upper,
        tried.median_days_to_convert,
        tried.median_days_to_drop
    from tried
)

select * from final
