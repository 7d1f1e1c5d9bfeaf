{#-
    Grain: one row per stage (`any` for all), touchpoint and moment of an exposure that
    was followed: all of them, or a random sample of `touchpoint_value_moments`.
-#}
with

exposures as (
    {% for stage in ['contacts.stage', "'any'"] -%}
    select
        {{ stage }} as stage,
        contacts.touchpoint,
        moments.compared_with,
        moments.customer_key,
        moments.day_number
    from {{ ref('int_contact_days') }} as contacts
    inner join {{ ref('int_moments_known') }} as moments
        on
            contacts.compared_with = moments.compared_with
            and contacts.customer_key = moments.customer_key
            and contacts.day_number = moments.day_number
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A touchpoint can find a person in two stages on one day.
moments as (
    select
        exposures.stage,
        exposures.touchpoint,
        exposures.compared_with,
        exposures.customer_key,
        exposures.day_number,
        {{ dbt.hash("concat(exposures.customer_key, exposures.day_number)") }}
            as sample_hash
    from exposures
    group by
        exposures.stage,
        exposures.touchpoint,
        exposures.compared_with,
        exposures.customer_key,
        exposures.day_number
),

numbered as (
    select
        moments.*,
        row_number() over (
            partition by moments.stage, moments.touchpoint
            order by
                moments.sample_hash,
                moments.customer_key,
                moments.day_number,
                moments.compared_with
        ) as sample_rank
    from moments
),

sampled as (
    select
        numbered.stage,
        numbered.touchpoint,
        numbered.compared_with,
        numbered.customer_key,
        numbered.day_number
    from numbered
    where numbered.sample_rank <= {{ var('touchpoint_value_moments') }}
)

select * from sampled
