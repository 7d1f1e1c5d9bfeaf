{#-
    The contract of one raw table, as its YAML states it (see
    models/staging/<domain>/base): a dict of name, required, key, event_time and
    columns, each a dict of name, data_type, required and pii_kind.

    Empty while dbt parses: there is no graph yet.
-#}
{% macro raw_contract(table_name) %}
    {%- set columns = [] -%}
    {%- set found = namespace(meta={}) -%}
    {%- if execute -%}
        {%- set node = graph.sources['source.journey_clv.raw.' ~ table_name] -%}
        {%- set found.meta = node.config.meta -%}
        {%- for column in node.columns.values() -%}
            {%- do columns.append({
                'name': column.name,
                'data_type': column.data_type,
                'required': column.config.meta.get('required', false),
                'pii_kind': column.config.meta.get('pii_kind'),
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return({
        'name': table_name,
        'required': found.meta.get('required', false),
        'key': found.meta.get('key', []),
        'event_time': found.meta.get('event_time'),
        'columns': columns,
    }) }}
{% endmacro %}
