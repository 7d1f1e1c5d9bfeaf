{#-
    Grain: one row per horizon: what a steady stream of money over it is worth today, and
    the share of revenue that is margin.
-#}
with

margin as (
    select
        coalesce(
            cast(sum(events.margin_amount) as double)
            / nullif(cast(sum(events.net_revenue_amount) as double), 0),
            {{ var('gross_margin_rate') }}
        ) as margin_rate
    from {{ ref('int_revenue_events') }} as events
),

-- A steady stream of orders over h days is worth (1 - v^h) / (h ln(1/v)) of its sum.
horizons as (
    {% for horizon in var('clv_horizons') -%}
    select
        {{ horizon }} as horizon_days,
        {% if var('discount_rate') > 0 -%}
        (1 - exp(-ln(1 + {{ var('discount_rate') }}) * {{ horizon }} / 365.0))
        / (ln(1 + {{ var('discount_rate') }}) * {{ horizon }} / 365.0)
        {%- else -%}
        1.0
        {%- endif %} as steady_discount
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        horizons.horizon_days,
        horizons.steady_discount,
        margin.margin_rate
    from horizons
    cross join margin
)

select * from final
