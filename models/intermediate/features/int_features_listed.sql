{#-
    Grain: one row per customer and feature, as of the build, where it is known: its
    value, as it is learned from and in plain units, and its name in words.
-#}
{{ config(materialized='view') }}

{{ features_listed('int_features_at_origins', clv_features()) }}
