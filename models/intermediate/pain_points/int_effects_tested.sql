{#-
    Grain: one row per stage (`any` for all) and touchpoint that can be judged: met often
    enough, and not by almost everybody who is alike. How sure the difference to the like
    is, alone and among so many.
-#}
with

effects as (
    select
        effects.*,
        effects.extra_drop_off / nullif(effects.std_error, 0) as z
    from {{ ref('int_touchpoint_effects') }} as effects
    where
        effects.n_matched >= {{ var('pain_point_min_exposures') }}
        and effects.n_matched >= 0.5 * effects.n_followed
),

tested as (
    select
        effects.stage,
        effects.touchpoint,
        effects.likes_drop_off_rate,
        effects.likes_order_amount,
        effects.extra_drop_off,
        effects.extra_drop_off - {{ z_of_95() }} * effects.std_error
            as extra_drop_off_lower,
        effects.extra_drop_off + {{ z_of_95() }} * effects.std_error
            as extra_drop_off_upper,
        {{ two_sided_p_value('effects.z') }} as p_value
    from effects
),

numbered as (
    select
        tested.*,
        count(tested.p_value) over () as n_tests,
        row_number() over (
            order by
                case when tested.p_value is null then 1 else 0 end,
                tested.p_value,
                tested.stage,
                tested.touchpoint
        ) as p_value_rank
    from tested
),

-- Benjamini and Hochberg (1995): of what is found, one in twenty may be chance.
adjusted as (
    select
        numbered.*,
        min(numbered.p_value * numbered.n_tests / numbered.p_value_rank) over (
            order by numbered.p_value_rank desc
            rows between unbounded preceding and current row
        ) as least_p_value
    from numbered
),

final as (
    select
        adjusted.stage,
        adjusted.touchpoint,
        adjusted.likes_drop_off_rate,
        adjusted.likes_order_amount,
        adjusted.extra_drop_off,
        adjusted.extra_drop_off_lower,
        adjusted.extra_drop_off_upper,
        adjusted.p_value,
        case when adjusted.p_value is not null then least(1, adjusted.least_p_value) end
            as adjusted_p_value,
        adjusted.p_value is not null and adjusted.least_p_value < 0.05
            as is_significant
    from adjusted
)

select * from final
