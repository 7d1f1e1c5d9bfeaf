{#-
    What do obstacles cost? For each touchpoint that is an obstacle, over all stages: how
    many people are lost after it beyond their like, how much margin, and how strong a
    hidden cause would have to be to explain the margin away. The largest loss first:
    per day with it, times the days. Nothing is said of what too few met.
-#}
select
    effects.touchpoint,
    effects.n_exposures,
    pains.extra_drop_off,
    effects.margin_without_amount,
    effects.effect_amount,
    effects.effect_lower_amount,
    effects.effect_upper_amount,
    effects.effect_amount * effects.n_exposures as total_effect_amount,
    effects.is_significant,
    effects.e_value,
    effects.reading
from {{ ref('touchpoint_value') }} as effects
inner join {{ ref('journey_pain_points') }} as pains
    on
        effects.stage = pains.stage
        and effects.touchpoint = pains.touchpoint
where
    effects.stage = 'any'
    and pains.friction_weight > 0
order by total_effect_amount asc nulls last, effects.touchpoint asc
