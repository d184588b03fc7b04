//! Mail about items of other sources: which sources read those items, and how they are asked for them.

use std::collections::BTreeSet;

use mainstem_connector::Settings;
use mainstem_model::record::Site;
use mainstem_store::{Located, PreparedBatch, StoreError};

use crate::engine::Shared;

/// Says how the items that a batch's notices name are asked for. Whether they are is the store's to
/// decide, in the transaction that stores the notices.
pub(crate) async fn locate(shared: &Shared, batch: &mut PreparedBatch) -> Result<(), StoreError> {
    let records = batch.batch().notices.iter().flat_map(|set| &set.notices);
    let items: BTreeSet<(&Site, &str)> =
        records.map(|record| (&record.site, record.key.as_str())).collect();
    if items.is_empty() {
        return Ok(());
    }
    let sites = items.iter().map(|(site, _)| (*site).clone()).collect();
    let mut located = Vec::new();
    for (site, source) in shared.store.sources_at(&sites).await? {
        let Some(connector) = shared.registry.get(&source.connector) else { continue };
        let settings = Settings(source.settings.clone());
        let keys = items.iter().filter(|(of, _)| **of == site).map(|(_, key)| *key);
        located.extend(keys.filter_map(|key| {
            let heard = connector.locate(&settings, key)?;
            Some(Located { site: site.clone(), key: key.to_owned(), source: source.id, heard })
        }));
    }
    batch.locate(located);
    Ok(())
}
