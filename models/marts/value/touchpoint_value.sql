{#-
    Grain: one row per stage (`any` for all of them) and touchpoint that a person acts
    in or suffers from, or that an experiment gives out. How much more, or less, people
    bring after it than they would have, and how that may be read. In front of the Python
    model, which can carry no contract.
-#}
{%- set amounts = [
    ('margin_amount', 'mean_value'),
    ('margin_without_amount', 'mean_value_without'),
    ('effect_amount', 'effect'),
    ('effect_lower_amount', 'effect_lower'),
    ('effect_upper_amount', 'effect_upper'),
    ('std_error_amount', 'std_error'),
] -%}
with

effects as (
    select
        coalesce(met.stage, fits.stage) as stage,
        coalesce(met.touchpoint, fits.touchpoint) as touchpoint,
        met.friction_weight,
        met.n_exposed,
        met.n_exposures,
        coalesce(fits.n_compared, 0) as n_compared,
        coalesce(fits.n_supported, 0) as n_supported,
        coalesce(fits.n_people, 0) as n_people,
        coalesce(fits.n_likes, 0) as n_likes,
        {%- for amount, value in amounts %}
        cast(fits.{{ value }} as decimal(18, 4)) as {{ amount }},
        {%- endfor %}
        fits.p_value,
        fits.adjusted_p_value,
        coalesce(fits.adjusted_p_value < 0.05, false) as is_significant,
        fits.e_value,
        fits.interval_e_value,
        fits.first_stage_f,
        coalesce(fits.is_randomised, false) as is_randomised
    from {{ ref('journey_pain_points') }} as met
    full outer join {{ ref('py_touchpoint_value') }} as fits
        on
            met.stage = fits.stage
            and met.touchpoint = fits.touchpoint
),

final as (
    select
        effects.stage,
        effects.touchpoint,
        effects.n_exposed,
        effects.n_exposures,
        cast(effects.n_compared as bigint) as n_compared,
        cast(effects.n_supported as double) / nullif(effects.n_compared, 0)
            as supported_share,
        cast(effects.n_people as bigint) as n_people,
        cast(effects.n_likes as bigint) as n_likes,
        cast({{ var('pain_point_horizon_days') }} as integer) as horizon_days,
        {%- for amount, _ in amounts %}
        effects.{{ amount }},
        {%- endfor %}
        effects.p_value,
        effects.adjusted_p_value,
        effects.is_significant,
        case
            when effects.effect_amount is null then 'none'
            when effects.is_randomised then 'experiment'
            else 'association'
        end as evidence,
        effects.e_value,
        effects.interval_e_value,
        concat(
            case
                when effects.is_randomised and not effects.is_significant
                    then 'No difference beyond chance, in an experiment.'
                when effects.is_randomised
                    then
                        concat(
                            'A cause: an experiment gave it out by lot. People bring ',
                            case
                                when effects.effect_amount < 0 then 'less' else 'more'
                            end,
                            ' for it, if its variants differ in nothing else.'
                        )
                when effects.effect_amount is null
                    then 'Too few were met, or too few have like, to say anything.'
                when not effects.is_significant
                    then 'No difference beyond chance.'
                else
                    concat(
                        'An association',
                        case
                            when effects.friction_weight > 0 then ''
                            else
                                ' with what people chose, and so with what they wanted'
                        end,
                        '. A hidden cause tied ',
                        cast(cast(
                            least(effects.e_value, 1e9) as decimal(18, 1)
                        ) as varchar),
                        '-fold to both would explain it away; tied ',
                        cast(cast(
                            least(effects.interval_e_value, 1e9) as decimal(18, 1)
                        ) as varchar),
                        '-fold, it would leave it to chance.'
                    )
            end,
            case
                when not effects.is_randomised and effects.first_stage_f is not null
                    then ' An experiment changed too little of how often it is met.'
                else ''
            end
        ) as reading
    from effects
)

select * from final
