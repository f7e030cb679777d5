using System.Collections.Concurrent;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore.Metadata;

namespace GpuGrants.Api.Pipeline;

/// <summary>The row maps of all tables, each made once.</summary>
public sealed class RowMaps(IServiceScopeFactory scopes)
{
    private readonly Lazy<IModel> _model = new(() =>
    {
        using var scope = scopes.CreateScope();
        return scope.ServiceProvider.GetRequiredService<GpuGrantsContext>().Model;
    });

    private readonly ConcurrentDictionary<Type, object> _maps = [];

    public RowMap<TRow> Of<TRow>()
        where TRow : class, new() => (RowMap<TRow>)_maps.GetOrAdd(typeof(TRow), _ => new RowMap<TRow>(_model.Value));
}
