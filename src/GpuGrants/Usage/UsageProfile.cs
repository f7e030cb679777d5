namespace GpuGrants.Usage;

/// <summary>How many GPUs are in use at each instant, by all records of one grant: a step function of time.</summary>
/// <remarks>Neighbouring steps of one height are one step, so records that follow each other take no room.</remarks>
public sealed class UsageProfile
{
    private readonly List<long> _fromMs = [long.MinValue];

    /// <summary>The height from the moment at the same place until the next one.</summary>
    private readonly List<long> _milliGpus = [0];

    /// <summary>The most thousandths of a GPU that are in use at one instant of a span.</summary>
    /// <returns>0 when the span is empty.</returns>
    public long MostWithin(UsageSpan span)
    {
        var most = 0L;
        if (span.IsEmpty)
            return most;
        for (var i = Find(span.FromMs); i < _fromMs.Count && _fromMs[i] < span.ToMs; i++)
            most = Math.Max(most, _milliGpus[i]);
        return most;
    }

    /// <summary>A profile that changes by itself.</summary>
    public UsageProfile Copy()
    {
        var copy = new UsageProfile();
        copy._fromMs.Clear();
        copy._milliGpus.Clear();
        copy._fromMs.AddRange(_fromMs);
        copy._milliGpus.AddRange(_milliGpus);
        return copy;
    }

    /// <summary>Adds a record's use, or takes it off when negative. An empty span adds nothing.</summary>
    public void Add(UsageSpan span, int milliGpus)
    {
        if (span.IsEmpty)
            return;
        var first = Split(span.FromMs);
        var end = Split(span.ToMs);
        for (var i = first; i < end; i++)
            _milliGpus[i] += milliGpus;
        // The later one first: the place of the earlier one then stays.
        Join(end);
        Join(first);
    }

    /// <summary>The step in which a moment lies.</summary>
    private int Find(long atMs)
    {
        var place = _fromMs.BinarySearch(atMs);
        return place >= 0 ? place : ~place - 1;
    }

    /// <summary>The step that begins at the moment, made when there is none.</summary>
    private int Split(long atMs)
    {
        var place = Find(atMs);
        if (_fromMs[place] == atMs)
            return place;
        _fromMs.Insert(place + 1, atMs);
        _milliGpus.Insert(place + 1, _milliGpus[place]);
        return place + 1;
    }

    private void Join(int place)
    {
        if (place == 0 || _milliGpus[place] != _milliGpus[place - 1])
            return;
        _fromMs.RemoveAt(place);
        _milliGpus.RemoveAt(place);
    }
}
