{#-
    Grain: one row per model, origin, horizon, kind of segment and segment. How far off
    the model's predictions from that day were, of purchase days and of net revenue,
    beside the baselines; and whether it is the champion, which scores the customers.
-#}
{%- set columns = [
    'predicted', 'actual', 'bias_rate', 'mae', 'rmse', 'spearman', 'normalized_gini',
    'top_decile_share', 'calibration_error', 'coverage_80', 'coverage_95',
    'expected_coverage_80', 'expected_coverage_95',
] -%}
{%- set targets = ['orders', 'net_revenue'] -%}
with

calibrations as (
    select
        calibration.model,
        calibration.origin_date,
        calibration.horizon_days,
        calibration.target,
        sum(cast(
            abs(calibration.predicted_total - calibration.actual_total)
            as decimal(28, 8)
        )) as absolute_error
    from {{ ref('clv_calibration') }} as calibration
    group by
        calibration.model,
        calibration.origin_date,
        calibration.horizon_days,
        calibration.target
),

measured as (
    select
        measured.*,
        origins.origin_date,
        case
            when measured.segment_kind = 'all'
                then
                    cast(calibrations.absolute_error as double)
                    / nullif(measured.actual, 0)
        end as calibration_error
    from {{ ref('int_backtests_measured') }} as measured
    inner join {{ ref('int_prediction_origins') }} as origins
        on
            measured.days_ago = origins.days_ago
            and measured.horizon_days = origins.horizon_days
    inner join calibrations
        on
            measured.model = calibrations.model
            and origins.origin_date = calibrations.origin_date
            and measured.horizon_days = calibrations.horizon_days
            and measured.target = calibrations.target
),

final as (
    select
        measured.model,
        measured.origin_date,
        measured.horizon_days,
        measured.segment_kind,
        measured.segment,
        measured.model = selected.purchase_model as is_champion,
        {% for target in targets -%}
        {% for column in columns -%}
        max(case when measured.target = '{{ target }}' then measured.{{ column }} end)
            as {{ target }}_{{ column }},
        {% endfor -%}
        {% endfor -%}
        min(measured.n_customers) as n_customers
    from measured
    cross join {{ ref('int_models_selected') }} as selected
    group by
        measured.model,
        measured.origin_date,
        measured.horizon_days,
        measured.segment_kind,
        measured.segment,
        measured.model = selected.purchase_model
)

select * from final
