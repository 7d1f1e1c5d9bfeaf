{#-
    Grain: one row per stage (`any` for all of them) and touchpoint that a person acts
    in or suffers from. How many more of those who met it are lost than of their like
    without it, and what that costs.
-#}
with

contacts as (
    select
        contacts.stage,
        contacts.touchpoint,
        contacts.customer_key
    from {{ ref('int_contact_days') }} as contacts
    union all
    select
        'any' as stage,
        contacts.touchpoint,
        contacts.customer_key
    from {{ ref('int_contact_days') }} as contacts
),

exposures as (
    select
        contacts.stage,
        contacts.touchpoint,
        count(distinct contacts.customer_key) as n_exposed,
        count(*) as n_exposures
    from contacts
    group by contacts.stage, contacts.touchpoint
),

sample as (
    select
        cast(count(*) as double) / nullif(max(people.n_people_in_all), 0)
            as sampled_share
    from {{ ref('int_people_compared') }} as people
),

-- What is met too seldom, or by almost everybody who is alike, is shown and not judged.
judged as (
    select
        exposures.stage,
        exposures.touchpoint,
        exposures.n_exposed,
        exposures.n_exposures,
        sample.sampled_share,
        touchpoints.friction_weight,
        effects.likes_drop_off_rate,
        effects.extra_drop_off,
        effects.extra_drop_off_lower,
        effects.extra_drop_off_upper,
        effects.p_value,
        effects.adjusted_p_value,
        coalesce(effects.is_significant, false) as is_significant,
        coalesce(
            effects.is_significant
            and effects.extra_drop_off > 0
            and touchpoints.friction_weight > 0, false
        ) as is_pain_point,
        -- What one of the like buys who comes back, times all who met it.
        effects.likes_order_amount / nullif(1 - effects.likes_drop_off_rate, 0)
        * exposures.n_exposed / sample.sampled_share as exposed_amount
    from exposures
    cross join sample
    inner join {{ ref('touchpoints') }} as touchpoints
        on exposures.touchpoint = touchpoints.touchpoint
    left join {{ ref('int_effects_tested') }} as effects
        on
            exposures.stage = effects.stage
            and exposures.touchpoint = effects.touchpoint
),

final as (
    select
        judged.stage,
        judged.touchpoint,
        cast(row_number() over (
            partition by case when judged.stage = 'any' then 1 else 0 end
            order by
                case when judged.is_pain_point then 0 else 1 end,
                case
                    when judged.is_pain_point
                        then -judged.extra_drop_off * judged.exposed_amount
                end,
                case when judged.p_value is null then 1 else 0 end,
                judged.p_value,
                judged.stage,
                judged.touchpoint
        ) as integer) as pain_rank,
        judged.is_pain_point,
        judged.is_significant,
        cast(judged.friction_weight as double) as friction_weight,
        judged.n_exposed,
        judged.n_exposures,
        judged.sampled_share,
        coalesce(counts.n_followed, 0) as n_followed,
        cast(counts.n_matched as double) / nullif(counts.n_followed, 0)
            as matched_share,
        cast(counts.n_closely_matched as double) / nullif(counts.n_matched, 0)
            as closely_matched_share,
        cast(counts.n_loosely_matched as double) / nullif(counts.n_matched, 0)
            as loosely_matched_share,
        coalesce(counts.n_likes, 0) as n_likes,
        judged.likes_drop_off_rate + judged.extra_drop_off as drop_off_rate,
        judged.likes_drop_off_rate,
        judged.extra_drop_off,
        judged.extra_drop_off_lower,
        judged.extra_drop_off_upper,
        judged.extra_drop_off / nullif(1 - judged.likes_drop_off_rate, 0)
            as driven_away_share,
        judged.p_value,
        judged.adjusted_p_value,
        cast(judged.extra_drop_off * judged.exposed_amount as decimal(18, 4))
            as value_at_risk_amount,
        cast(judged.extra_drop_off_lower * judged.exposed_amount as decimal(18, 4))
            as value_at_risk_lower_amount,
        cast(judged.extra_drop_off_upper * judged.exposed_amount as decimal(18, 4))
            as value_at_risk_upper_amount
    from judged
    left join {{ ref('int_touchpoint_effects') }} as counts
        on
            judged.stage = counts.stage
            and judged.touchpoint = counts.touchpoint
)

select * from final
