{#-
    Grain: one row per stage (`any` for all) and touchpoint with an exposure that was
    followed. How much more often the exposed dropped off than their like, and how sure
    that is.
-#}
with

exposures as (
    select * from {{ ref('int_exposures_staged') }}
),

people as (
    select
        exposures.stage,
        exposures.touchpoint,
        exposures.customer_key,
        count(*) as n_followed,
        count(exposures.likeness) as n_matched,
        count(case when exposures.likeness_level = 'full' then 1 end)
            as n_closely_matched,
        count(case when exposures.likeness_level = 'coarse' then 1 end)
            as n_loosely_matched,
        sum(exposures.drop_off_of_likes) as drop_off_of_likes,
        sum(exposures.order_amount_of_likes) as order_amount_of_likes,
        coalesce(sum(exposures.extra), 0) as extra
    from exposures
    group by
        exposures.stage,
        exposures.touchpoint,
        exposures.customer_key
),

effects as (
    select
        people.stage,
        people.touchpoint,
        sum(people.n_followed) as n_followed,
        sum(people.n_matched) as n_matched,
        sum(people.n_closely_matched) as n_closely_matched,
        sum(people.n_loosely_matched) as n_loosely_matched,
        count(case when people.n_matched > 0 then 1 end) as n_people,
        cast(sum(people.drop_off_of_likes) as double)
        / nullif(sum(people.n_matched), 0) as likes_drop_off_rate,
        cast(sum(people.order_amount_of_likes) as double)
        / nullif(sum(people.n_matched), 0) as likes_order_amount,
        cast(sum(people.extra) as double) / nullif(sum(people.n_matched), 0)
            as extra_drop_off
    from people
    group by people.stage, people.touchpoint
),

-- A person's exposures are not independent: their deviations are summed first.
deviations_of_exposed as (
    select
        people.stage,
        people.touchpoint,
        sum(cast(
            power(people.extra - people.n_matched * effects.extra_drop_off, 2)
            as decimal(28, 12)
        )) as squares
    from people
    inner join effects
        on
            people.stage = effects.stage
            and people.touchpoint = effects.touchpoint
    group by people.stage, people.touchpoint
),

-- Half a person more on either side: a rate of a few is not held for certain.
likenesses as (
    select
        exposures.stage,
        exposures.touchpoint,
        count(*) as n_matched,
        max(exposures.n_likes) as n_likes,
        (
            max(exposures.drop_off_of_likes)
            * max(exposures.n_likes) + 0.5
        ) / (max(exposures.n_likes) + 1) as rate
    from exposures
    where exposures.likeness is not null
    group by
        exposures.stage,
        exposures.touchpoint,
        exposures.likeness
),

deviations_of_likes as (
    select
        likenesses.stage,
        likenesses.touchpoint,
        sum(likenesses.n_likes) as n_likes,
        sum(cast(
            power(likenesses.n_matched, 2) * likenesses.rate * (1 - likenesses.rate)
            / nullif(likenesses.n_likes, 0) as decimal(28, 12)
        )) as squares
    from likenesses
    group by likenesses.stage, likenesses.touchpoint
),

final as (
    select
        effects.stage,
        effects.touchpoint,
        cast(effects.n_followed as bigint) as n_followed,
        cast(effects.n_matched as bigint) as n_matched,
        cast(effects.n_closely_matched as bigint) as n_closely_matched,
        cast(effects.n_loosely_matched as bigint) as n_loosely_matched,
        cast(coalesce(deviations_of_likes.n_likes, 0) as bigint) as n_likes,
        effects.likes_drop_off_rate,
        effects.likes_order_amount,
        effects.extra_drop_off,
        sqrt(
            cast(deviations_of_exposed.squares as double)
            * effects.n_people / nullif(effects.n_people - 1, 0)
            + cast(deviations_of_likes.squares as double)
        ) / nullif(effects.n_matched, 0) as std_error
    from effects
    left join deviations_of_exposed
        on
            effects.stage = deviations_of_exposed.stage
            and effects.touchpoint = deviations_of_exposed.touchpoint
    left join deviations_of_likes
        on
            effects.stage = deviations_of_likes.stage
            and effects.touchpoint = deviations_of_likes.touchpoint
)

select * from final
