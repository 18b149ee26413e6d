"""Addresses below a business, `/b/<slug:business>/`."""

from __future__ import annotations

from django.urls import path

from textrail.domain.conversions.pages import (
    conversions,
    import_columns,
    imports,
    parked,
    shops,
    types,
)

app_name = "conversions"
urlpatterns = [
    path("conversions/", conversions.conversions, name="conversions"),
    path("conversions/<int:conversion_id>/", conversions.conversion, name="conversion"),
    path("conversions/types/", types.types, name="types"),
    path("conversions/types/new/", types.new_type, name="new_type"),
    path("conversions/types/preset/", types.add_preset, name="add_preset"),
    path("conversions/types/<int:type_id>/", types.edit_type, name="type"),
    path("conversions/types/<int:type_id>/switch/", types.switch_type, name="switch_type"),
    path("conversions/parked/", parked.parked, name="parked"),
    path("conversions/parked/away/", parked.put_away_unmatched, name="put_away_unmatched"),
    path("conversions/parked/retry/", parked.retry_all, name="retry_all"),
    path("conversions/parked/<int:report_id>/", parked.parked_report, name="parked_report"),
    path("conversions/parked/<int:report_id>/retry/", parked.retry, name="retry"),
    path("conversions/parked/<int:report_id>/away/", parked.put_away, name="put_away"),
    path("conversions/imports/", imports.imports, name="imports"),
    path("conversions/imports/<int:import_id>/", imports.import_, name="import"),
    path(
        "conversions/imports/<int:import_id>/start/",
        import_columns.start_import,
        name="start_import",
    ),
    path(
        "conversions/imports/<int:import_id>/refused.csv",
        imports.refused_rows,
        name="refused_rows",
    ),
    path(
        "conversions/imports/<int:import_id>/discard/",
        imports.discard_import,
        name="discard_import",
    ),
    path("conversions/shops/", shops.shops, name="shops"),
    path("conversions/shops/<int:shop_id>/secret/", shops.replace_secret, name="replace_secret"),
    path("conversions/shops/<int:shop_id>/end/", shops.end_shop, name="end_shop"),
    path("conversions/send/", conversions.send, name="send"),
]
