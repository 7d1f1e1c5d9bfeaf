{#- The post-hook of the base models that does it. -#}
{% macro decide_duplicates(relation) %}
    {%- if execute and decides_duplicates_later() and not is_incremental() -%}
        {%- set contract = raw_contract(relation.identifier.split('__')[1]) -%}
        {%- set key = contract.key | join(', ') %}
        update {{ relation }}
        set row_status = 'duplicate'
        where rowid in (
            select ranked.row_id
            from (
                select
                    rows_of_keys.rowid as row_id,
                    row_number() over (
                        partition by
                            {%- for name in contract.key %}
                            rows_of_keys.{{ name }}{{ ',' if not loop.last }}
                            {%- endfor %}
                        order by {{ winner_first(contract, 'rows_of_keys') }}
                    ) as winner_rank
                from {{ relation }} as rows_of_keys
                inner join (
                    select {{ key }}
                    from {{ relation }}
                    where rejection_reason is null
                    group by {{ key }}
                    having count(*) > 1
                ) as repeated
                    on {{ same_key(contract, 'rows_of_keys', 'repeated') }}
                where rows_of_keys.rejection_reason is null
            ) as ranked
            where ranked.winner_rank > 1
        )
    {%- endif -%}
{% endmacro %}

{#-
    Whether a full build finds duplicates in the table that it has written, not on the
    way there: few keys come twice, and a window over all rows to find them costs more
    than reading them.
-#}
{% macro decides_duplicates_later() %}
    {{ return(adapter.dispatch('decides_duplicates_later', 'journey_clv')()) }}
{% endmacro %}

{% macro default__decides_duplicates_later() %}
    {{ return(false) }}
{% endmacro %}

{% macro duckdb__decides_duplicates_later() %}
    {{ return(true) }}
{% endmacro %}
