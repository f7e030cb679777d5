using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Decisions;

/// <summary>Who decided.</summary>
/// <param name="Id">The principal.</param>
/// <param name="Name">Its name; null when the person asked to be forgotten.</param>
public sealed record DeciderView(Guid Id, string? Name)
{
    /// <summary>Reads who these principals are.</summary>
    internal static async Task<IReadOnlyDictionary<Guid, DeciderView>> ReadAsync(
        HttpContext http,
        GpuGrantsContext db,
        IEnumerable<Guid> principals
    )
    {
        var ids = principals.Distinct().ToList();
        var names = ids.Count == 0 ? [] : await Memberships.NamesAsync(db, ids, http.RequestAborted);
        return ids.ToDictionary(id => id, id => new DeciderView(id, names.GetValueOrDefault(id) is { Length: > 0 } name ? name : null));
    }
}
