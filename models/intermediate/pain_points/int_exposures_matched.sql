{#-
    Grain: one row per person, day, touchpoint and stage, where the day is followed for
    the whole horizon. The like of the person without the touchpoint: as alike as there
    are enough of; blank where there are none.
-#}
with

exposures as (
    select
        contacts.stage,
        contacts.touchpoint,
        contacts.customer_key,
        contacts.day_number,
        moments.full_likeness,
        moments.close_likeness,
        moments.coarse_likeness,
        moments.dropped_off
    from {{ ref('int_contact_days') }} as contacts
    inner join {{ ref('int_moments_followed') }} as moments
        on
            contacts.compared_with = moments.compared_with
            and contacts.customer_key = moments.customer_key
            and contacts.day_number = moments.day_number
),

kinds as (
    select
        exposures.touchpoint,
        exposures.full_likeness,
        exposures.close_likeness,
        exposures.coarse_likeness
    from exposures
    group by
        exposures.touchpoint,
        exposures.full_likeness,
        exposures.close_likeness,
        exposures.coarse_likeness
),

candidates as (
    {% for level in ['full', 'close', 'coarse'] -%}
    select
        {{ loop.index }} as level_rank,
        '{{ level }}' as likeness_level,
        kinds.{{ level }}_likeness as likeness,
        kinds.full_likeness,
        kinds.touchpoint
    from kinds
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

likes as (
    select
        candidates.touchpoint,
        candidates.full_likeness,
        candidates.likeness,
        candidates.likeness_level,
        candidates.level_rank,
        counted.n_days as n_days_alike,
        counted.n_days - coalesce(met.n_days, 0) as n_likes,
        counted.n_dropped_off - coalesce(met.n_dropped_off, 0) as n_dropped_off,
        counted.order_amount - coalesce(met.order_amount, 0) as order_amount
    from candidates
    inner join {{ ref('int_likenesses_counted') }} as counted
        on
            candidates.likeness_level = counted.likeness_level
            and candidates.likeness = counted.likeness
            and counted.touchpoint = ''
    left join {{ ref('int_likenesses_counted') }} as met
        on
            candidates.likeness_level = met.likeness_level
            and candidates.likeness = met.likeness
            and candidates.touchpoint = met.touchpoint
),

-- Where four fifths of the like met it too, those who did not are odd, not alike.
enough as (
    select
        likes.*,
        row_number() over (
            partition by likes.touchpoint, likes.full_likeness
            order by likes.level_rank
        ) as choice
    from likes
    where likes.n_likes >= 5 and likes.n_likes >= 0.2 * likes.n_days_alike
),

final as (
    select
        exposures.stage,
        exposures.touchpoint,
        exposures.customer_key,
        exposures.day_number,
        exposures.dropped_off,
        enough.likeness,
        enough.likeness_level,
        enough.n_likes,
        -- Decimals, for the sum of doubles depends on the order of the threads.
        cast(
            cast(enough.n_dropped_off as double) / nullif(enough.n_likes, 0)
            as decimal(18, 12)
        ) as drop_off_of_likes,
        cast(enough.order_amount / nullif(enough.n_likes, 0) as decimal(18, 4))
            as order_amount_of_likes
    from exposures
    left join enough
        on
            exposures.touchpoint = enough.touchpoint
            and exposures.full_likeness = enough.full_likeness
            and enough.choice = 1
)

select * from final
