namespace GpuGrants.Api.Pipeline.Counters;

/// <summary>
/// Contexts of a history that is being read, by the decision that pinned them: the latest ones, so that a history of any length fits. A
/// context that was dropped is read again.
/// </summary>
internal sealed class ContextCache
{
    private const int Max = 10_000;
    private readonly Dictionary<Guid, QuotaContext> _contexts = [];
    private readonly Queue<Guid> _order = [];

    public bool TryGet(Guid id, out QuotaContext context) => _contexts.TryGetValue(id, out context!);

    public QuotaContext Add(Guid id, QuotaContext context)
    {
        if (_contexts.TryAdd(id, context))
            _order.Enqueue(id);
        if (_order.Count > Max)
            _contexts.Remove(_order.Dequeue());
        return context;
    }
}
