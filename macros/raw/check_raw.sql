{#-
    Stops the run before its first model when the raw data breaks the contract, with
    every reason at once, a sentence each. Else it says what there is to build from.
-#}
{% macro check_raw() %}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set errors = [] -%}
        {%- set found = [] -%}
        {%- for table in raw_tables() -%}
            {%- set raw = inspect_raw(table.name) -%}
            {%- for error in raw.errors if error not in errors -%}
                {%- do errors.append(error) -%}
            {%- endfor -%}
            {%- if raw.reader -%}
                {%- do found.append(table.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if errors -%}
            {%- do exceptions.raise_compiler_error(errors | join('\n  ')) -%}
        {%- endif -%}
        {%- do print(
            'Building from ' ~ (var('raw_schema') or raw_path()) ~ ': '
            ~ found | join(', ')
        ) -%}
    {%- endif -%}
{% endmacro %}
