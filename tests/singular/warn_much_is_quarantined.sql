{#-
    Raw tables of which more than a tenth is in quarantine. That is seldom dirt, and
    mostly a format that is not read: see `quarantined_rows`. With `as_of` set much is
    there on purpose, and nobody need be warned.
-#}
{{ config(severity='warn', enabled=var('as_of') is none) }}

with

quarantined as (
    select
        rejected.table_name,
        count(*) as n_quarantined
    from {{ ref('quarantined_rows') }} as rejected
    group by rejected.table_name
)

select
    quarantined.table_name,
    quarantined.n_quarantined,
    reconciliation.n_raw
from quarantined
inner join {{ ref('row_reconciliation') }} as reconciliation
    on quarantined.table_name = reconciliation.table_name
where quarantined.n_quarantined > 0.1 * reconciliation.n_raw
