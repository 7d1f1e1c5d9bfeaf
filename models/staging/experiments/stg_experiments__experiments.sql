{#- Grain: one row per experiment, accepted. -#}
with

raw_experiments as (
    select * from {{ ref('base_experiments__experiments') }}
),

accepted as (
    select
        raw_experiments.experiment_id,
        raw_experiments.name,
        raw_experiments.hypothesis,
        raw_experiments.control_variant,
        raw_experiments.traffic_split,
        raw_experiments.started_at,
        raw_experiments.ended_at,
        raw_experiments.primary_metric,
        raw_experiments.stage,
        raw_experiments.touchpoint
    from raw_experiments
    where raw_experiments.row_status = 'accepted'
)

select * from accepted
