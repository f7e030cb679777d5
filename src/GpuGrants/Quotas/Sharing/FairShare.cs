namespace GpuGrants.Quotas.Sharing;

/// <summary>
/// Decides who is served first when a released amount meets a queue of waiting requests. Whole numbers only: every machine orders alike.
/// </summary>
public static class FairShare
{
    /// <summary>What a past use weighs now: half as much after every half-life, and evenly less in between.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The half-life is not positive.</exception>
    public static long Decayed(long amount, DateTimeOffset at, TimeSpan halfLife, DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(halfLife, TimeSpan.Zero);
        var age = Math.Max(0, (now - at).Ticks);
        var halvings = age / halfLife.Ticks;
        if (halvings >= 63)
            return 0;
        var whole = (Int128)amount * ((2 * (Int128)halfLife.Ticks) - (age % halfLife.Ticks)) / (2 * (Int128)halfLife.Ticks);
        return (long)(whole >> (int)halvings);
    }

    /// <summary>
    /// All waiting requests in the order of service: always next is the claimant with the least use for its weight, where what was ordered
    /// before counts as used; of one claimant, and of equals, the request that waits longest. A claimant that is not named has weight 1 and
    /// no use. Whoever has weight 0 comes after all others.
    /// </summary>
    public static IReadOnlyList<WaitingRequest> Order(IEnumerable<WaitingRequest> waiting, IReadOnlyDictionary<Guid, ShareClaim> claims)
    {
        var queues = new PriorityQueue<Queue<WaitingRequest>, Turn>();
        foreach (
            var queue in waiting
                .OrderBy(one => one.RequestedAt)
                .ThenBy(one => one.RequestId)
                .GroupBy(one => one.Claimant)
                .Select(group => new Queue<WaitingRequest>(group))
        )
        {
            var claim = claims.TryGetValue(queue.Peek().Claimant, out var known) ? known : new ShareClaim(1, 0);
            queues.Enqueue(queue, new Turn(claim.Use, claim.Weight, queue.Peek()));
        }

        var order = new List<WaitingRequest>();
        while (queues.TryDequeue(out var queue, out var turn))
        {
            var next = queue.Dequeue();
            order.Add(next);
            if (queue.Count > 0)
                queues.Enqueue(queue, new Turn(turn.Use + next.Amount, turn.Weight, queue.Peek()));
        }

        return order;
    }

    private readonly record struct Turn(Int128 Use, long Weight, WaitingRequest First) : IComparable<Turn>
    {
        /// <inheritdoc/>
        public int CompareTo(Turn other)
        {
            if (Weight > 0 != other.Weight > 0)
                return Weight > 0 ? -1 : 1;
            // Use for weight, compared crosswise so that nothing is rounded. Between those of weight 0, all weigh the same.
            var order = Weight > 0 ? (Use * other.Weight).CompareTo(other.Use * Weight) : Use.CompareTo(other.Use);
            if (order == 0)
                order = First.RequestedAt.CompareTo(other.First.RequestedAt);
            return order != 0 ? order : First.RequestId.CompareTo(other.First.RequestId);
        }
    }
}
