{#-
    Grain: one row per month of entry, stage and segment. How many spells began, how
    they came out so far, and how many went on in time, of those that had the time.
-#}
{%- set window_days = var('funnel_window_days') -%}
with

segment_kinds as (
    select 'all' as segment_kind
    union all
    select 'first_channel' as segment_kind
    union all
    select 'device' as segment_kind
),

spells as (
    select
        judged.stage,
        judged.stage_rank,
        judged.outcome,
        judged.entered_month,
        judged.first_channel,
        judged.entry_device,
        judged.days,
        {{ dbt.dateadd('day', window_days, 'judged.entered_at') }} <= as_of.as_of_at
            as is_observed,
        judged.exited_at <= {{ dbt.dateadd('day', window_days, 'judged.entered_at') }}
            as is_in_time
    from {{ ref('int_spells_judged') }} as judged
    cross join {{ ref('int_as_of') }} as as_of
),

segmented as (
    select
        spells.entered_month as period_start_date,
        spells.stage,
        spells.stage_rank,
        segment_kinds.segment_kind,
        case segment_kinds.segment_kind
            when 'first_channel' then spells.first_channel
            when 'device' then spells.entry_device
            else 'all'
        end as segment,
        spells.outcome,
        spells.days,
        spells.is_observed,
        spells.is_observed and spells.is_in_time and spells.outcome = 'converted'
            as is_converted_in_time
    from spells
    cross join segment_kinds
),

counted as (
    select
        segmented.period_start_date,
        segmented.stage,
        segmented.stage_rank,
        segmented.segment_kind,
        segmented.segment,
        count(*) as n_entered,
        count(case when segmented.outcome = 'converted' then 1 end) as n_converted,
        count(case when segmented.outcome = 'dropped' then 1 end) as n_dropped,
        count(case when segmented.outcome = 'open' then 1 end) as n_open,
        count(case when segmented.is_observed then 1 end) as n_observed,
        count(case when segmented.is_converted_in_time then 1 end)
            as n_converted_in_time,
        median(case when segmented.outcome = 'converted' then segmented.days end)
            as median_days_to_convert,
        median(case when segmented.outcome = 'dropped' then segmented.days end)
            as median_days_to_drop
    from segmented
    group by
        segmented.period_start_date,
        segmented.stage,
        segmented.stage_rank,
        segmented.segment_kind,
        segmented.segment
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
