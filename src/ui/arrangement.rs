//! How the panes stand: beside each other where there is room, and in fewer columns where there is not. What the user arranged stays.

use egui_tiles::{Container, Linear, Tile, TileId, Tiles, Tree};

use crate::app::Pane;

/// Windows that are narrower, in points, have two columns.
const NARROW_BELOW: f32 = 960.0;

/// How much room the window has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Wide,
    Narrow,
}

impl Room {
    pub(super) fn of(width: f32) -> Self {
        if width < NARROW_BELOW { Self::Narrow } else { Self::Wide }
    }
}

/// The panes that are about an execution or a request, over each other below the graph.
const CONSOLES: [Pane; 10] = [
    Pane::ApiConsole,
    Pane::Input,
    Pane::Failure,
    Pane::Compare,
    Pane::Mocks,
    Pane::TestState,
    Pane::Events,
    Pane::Timeline,
    Pane::Tables,
    Pane::Problems,
];

/// The arrangement a new user finds.
pub(super) fn default_tree(room: Room) -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let root = match room {
        Room::Wide => wide(&mut tiles),
        Room::Narrow => narrow(&mut tiles),
    };
    Tree::new("panes", root, tiles)
}

/// Project left, graph in the middle over the consoles, the debugger right.
fn wide(tiles: &mut Tiles<Pane>) -> TileId {
    let left = tabs(tiles, &[Pane::Project, Pane::Aws]);
    let upper = tabs(tiles, &[Pane::Graph, Pane::Source]);
    let lower = tabs(tiles, &CONSOLES);
    let middle = tiles.insert_vertical_tile(vec![upper, lower]);
    set_shares(tiles, middle, &[(upper, 0.67), (lower, 0.33)]);
    let data_flow = tabs(tiles, &[Pane::DataFlow]);
    let more = tabs(tiles, &[Pane::Variables, Pane::CallStack, Pane::Breakpoints]);
    let right = tiles.insert_vertical_tile(vec![data_flow, more]);
    set_shares(tiles, right, &[(data_flow, 0.6), (more, 0.4)]);
    let root = tiles.insert_horizontal_tile(vec![left, middle, right]);
    set_shares(tiles, root, &[(left, 0.18), (middle, 0.59), (right, 0.23)]);
    root
}

/// The debugger shares the place of the consoles, so that the lists keep their height, and the graph its width.
fn narrow(tiles: &mut Tiles<Pane>) -> TileId {
    let left = tabs(tiles, &[Pane::Project, Pane::Aws]);
    let upper = tabs(tiles, &[Pane::Graph, Pane::Source]);
    let mut lower = vec![Pane::DataFlow];
    lower.extend(CONSOLES);
    lower.extend([Pane::Variables, Pane::CallStack, Pane::Breakpoints]);
    let lower = tabs(tiles, &lower);
    let right = tiles.insert_vertical_tile(vec![upper, lower]);
    set_shares(tiles, right, &[(upper, 0.52), (lower, 0.48)]);
    let root = tiles.insert_horizontal_tile(vec![left, right]);
    set_shares(tiles, root, &[(left, 0.29), (right, 0.71)]);
    root
}

fn tabs(tiles: &mut Tiles<Pane>, panes: &[Pane]) -> TileId {
    let panes = panes.iter().map(|pane| tiles.insert_pane(*pane)).collect();
    tiles.insert_tab_tile(panes)
}

fn set_shares(tiles: &mut Tiles<Pane>, container: TileId, shares: &[(TileId, f32)]) {
    if let Some(Tile::Container(Container::Linear(linear))) = tiles.get_mut(container) {
        for (tile, share) in shares {
            linear.shares.set_share(*tile, *share);
        }
    }
}

/// The arrangement for another room; `None` where the user made one of their own, or this is the one already. The panes that were in
/// front stay there.
pub(super) fn rearranged(tree: &Tree<Pane>, room: Room) -> Option<Tree<Pane>> {
    let other = match room {
        Room::Wide => Room::Narrow,
        Room::Narrow => Room::Wide,
    };
    if shape(tree) != shape(&default_tree(other)) {
        return None;
    }
    let mut fresh = default_tree(room);
    let active = tree.active_tiles().into_iter().filter_map(|id| tree.tiles.get_pane(&id));
    let mut active: Vec<Pane> = active.copied().collect();
    // Of those that now share a place, the one that was brought to the front last is a console.
    active.sort_by_key(|pane| CONSOLES.contains(pane));
    active.into_iter().for_each(|pane| show_pane(&mut fresh, pane));
    Some(fresh)
}

/// What stands where, without the panes that happen to be in front.
fn shape(tree: &Tree<Pane>) -> String {
    fn write(tiles: &Tiles<Pane>, id: TileId, out: &mut String) {
        match tiles.get(id) {
            None => {}
            Some(Tile::Pane(pane)) => out.push_str(pane.title()),
            Some(Tile::Container(container)) => {
                out.push('(');
                for child in container.children() {
                    write(tiles, *child, out);
                    if let Container::Linear(Linear { shares, dir, .. }) = container {
                        out.push_str(&format!("{dir:?}{:.2}", shares[*child]));
                    }
                    out.push(',');
                }
                out.push(')');
            }
        }
    }
    let mut out = String::new();
    if let Some(root) = tree.root() {
        write(&tree.tiles, root, &mut out);
    }
    out
}

/// Whether every pane stands somewhere in the tree: a layout of an older version may lack one.
pub(super) fn is_complete(tree: &Tree<Pane>) -> bool {
    Pane::ALL.iter().all(|pane| tree.tiles.find_pane(pane).is_some())
}

/// Brings a pane to the front.
pub(super) fn show_pane(tree: &mut Tree<Pane>, pane: Pane) {
    tree.make_active(|_, tile| matches!(tile, Tile::Pane(it) if *it == pane));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pane_has_its_place_in_either_room() {
        for room in [Room::Wide, Room::Narrow] {
            assert!(is_complete(&default_tree(room)), "{room:?}");
        }
    }

    #[test]
    fn another_room_rearranges_what_nobody_arranged() {
        let mut tree = default_tree(Room::Wide);
        show_pane(&mut tree, Pane::Events);
        assert!(rearranged(&tree, Room::Wide).is_none(), "it stands so already");
        let narrow = rearranged(&tree, Room::Narrow).expect("nobody arranged it");
        let events = narrow.tiles.find_pane(&Pane::Events).expect("it is there");
        assert!(narrow.active_tiles().contains(&events), "what was in front stays there");
        assert!(rearranged(&narrow, Room::Wide).is_some());

        let root = tree.root().expect("it has one");
        let first = tree.tiles.get_container(root).and_then(|it| it.children().next().copied());
        set_shares(&mut tree.tiles, root, &[(first.expect("a column"), 0.4)]);
        assert!(rearranged(&tree, Room::Narrow).is_none(), "a column was made wider by hand");
    }
}
