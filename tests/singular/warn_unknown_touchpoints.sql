{#- Touchpoints of experiments that the seed `touchpoints` lacks, and how often. -#}
{{ config(severity='warn') }}

select
    experiments.touchpoint,
    count(*) as n_experiments
from {{ ref('stg_experiments__experiments') }} as experiments
left join {{ ref('touchpoints') }} as touchpoints
    on experiments.touchpoint = touchpoints.touchpoint
where experiments.touchpoint is not null and touchpoints.touchpoint is null
group by experiments.touchpoint
