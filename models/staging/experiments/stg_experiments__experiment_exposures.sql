{#- Grain: one row per unit put in a variant, accepted. -#}
with

raw_experiment_exposures as (
    select * from {{ ref('base_experiments__experiment_exposures') }}
),

accepted as (
    select
        raw_experiment_exposures.experiment_id,
        raw_experiment_exposures.variant,
        raw_experiment_exposures.exposed_at,
        raw_experiment_exposures.customer_id,
        raw_experiment_exposures.anonymous_id
    from raw_experiment_exposures
    where raw_experiment_exposures.row_status = 'accepted'
)

select * from accepted
