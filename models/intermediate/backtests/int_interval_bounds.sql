{#-
    Grain: one row per past origin, horizon, model, target and bin of like predictions.
    Between which multiples of the prediction 80 and 95 % of what came lay: intervals
    for an origin one horizon later. Conformal within each bin, so they hold whatever
    the distribution (Vovk, Lindsay, Nouretdinov and Gammerman, 2003).
-#}
{%- set missed_shares = {80: 0.2, 95: 0.05} -%}
with

-- Twenty bins, or fewer, so that each has two hundred customers or more.
binned as (
    select
        targets.days_ago,
        targets.horizon_days,
        targets.model,
        targets.target,
        cast(
            1 + floor(
                greatest(1, least(20, floor(targets.n_customers / 200.0)))
                * (targets.predicted_rank - 1) / targets.n_customers
            ) as integer
        ) as bin,
        targets.customer_key,
        targets.predicted,
        targets.actual / targets.predicted as ratio
    from {{ ref('int_targets_restated') }} as targets
    where targets.predicted > 0 and targets.n_customers >= 100
),

numbered as (
    select
        binned.*,
        row_number() over (
            partition by
                binned.days_ago,
                binned.horizon_days,
                binned.model,
                binned.target,
                binned.bin
            order by binned.ratio, binned.customer_key
        ) as position,
        count(*) over by_bin as n_in_bin,
        count(case when binned.ratio < 0 then 1 end) over by_bin as n_losses
    from binned
    window by_bin as (
        partition by
            binned.days_ago,
            binned.horizon_days,
            binned.model,
            binned.target,
            binned.bin
    )
),

-- Of n sorted ratios and a new one, each place among them is as likely; a place between
-- two of them is interpolated.
quantiles as (
    select
        numbered.days_ago,
        numbered.horizon_days,
        numbered.model,
        numbered.target,
        numbered.bin,
        {% for level, missed in missed_shares.items() -%}
        {%- set places = '(numbered.n_in_bin + 1)' -%}
        {{ ratio_at(places ~ ' * ' ~ missed / 2) }} as lower_ratio_{{ level }},
        {{ ratio_at(places ~ ' * ' ~ (1 - missed / 2)) }} as upper_ratio_{{ level }},
        {{ ratio_at(
            'least(numbered.n_in_bin, numbered.n_losses + '
            ~ places ~ ' * ' ~ (1 - missed) ~ ')'
        ) }} as upper_ratio_above_zero_{{ level }},
        {% endfor -%}
        min(numbered.predicted) as predicted_from,
        count(*) as n_customers
    from numbered
    group by
        numbered.days_ago,
        numbered.horizon_days,
        numbered.model,
        numbered.target,
        numbered.bin
    -- Of fewer than 39 nobody is the lowest fortieth: their bin is that below.
    having count(*) >= 39
),

-- Where the lower tail ends among those who brought nothing, all of it is spent above.
bounds as (
    select
        quantiles.days_ago,
        quantiles.horizon_days,
        quantiles.model,
        quantiles.target,
        quantiles.bin,
        {% for level in missed_shares -%}
        quantiles.lower_ratio_{{ level }},
        case
            when quantiles.lower_ratio_{{ level }} = 0
                then quantiles.upper_ratio_above_zero_{{ level }}
            else quantiles.upper_ratio_{{ level }}
        end as upper_ratio_{{ level }},
        {% endfor -%}
        case
            when row_number() over by_prediction = 1 then 0
            else quantiles.predicted_from
        end as predicted_from,
        lead(quantiles.predicted_from) over by_prediction as predicted_below,
        quantiles.n_customers
    from quantiles
    window by_prediction as (
        partition by
            quantiles.days_ago,
            quantiles.horizon_days,
            quantiles.model,
            quantiles.target
        order by quantiles.bin
    )
)

select * from bounds
