{#-
    Experiments that give out a touchpoint and have put people in one variant only, so
    that there is nothing to compare.
-#}
{{ config(severity='warn') }}

select
    experiments.experiment_id,
    experiments.touchpoint,
    count(*) as n_exposures
from {{ ref('stg_experiments__experiments') }} as experiments
inner join {{ ref('stg_experiments__experiment_exposures') }} as exposures
    on experiments.experiment_id = exposures.experiment_id
where experiments.touchpoint is not null
group by experiments.experiment_id, experiments.touchpoint
having count(distinct exposures.variant) = 1
