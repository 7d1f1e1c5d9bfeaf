{#-
    Grain: one row per pair of different channels that followed upon each other: the
    inbound contacts of a person, one after the other, within a cycle.
-#}
with

counted as (
    select
        changes.from_channel,
        changes.to_channel,
        count(*) as n_handovers,
        count(distinct changes.customer_key) as n_people,
        median(changes.hours) as median_hours
    from {{ ref('int_channels_changed') }} as changes
    group by changes.from_channel, changes.to_channel
),

totals as (
    select
        counted.*,
        cast(
            sum(counted.n_handovers) over (partition by counted.from_channel) as bigint
        ) as n_from_channel
    from counted
),

final as (
    select
        totals.from_channel,
        totals.to_channel,
        totals.n_handovers,
        totals.n_people,
        totals.n_from_channel,
        cast(totals.n_handovers as double) / nullif(totals.n_from_channel, 0)
            as handover_rate,
        {{ wilson_bound('totals.n_handovers', 'totals.n_from_channel', 'lower') }}
            as handover_rate_lower,
        {{ wilson_bound('totals.n_handovers', 'totals.n_from_channel', 'upper') }}
            as handover_rate_upper,
        totals.median_hours
    from totals
)

select * from final
