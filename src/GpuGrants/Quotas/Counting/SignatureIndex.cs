using System.Collections.Frozen;

namespace GpuGrants.Quotas.Counting;

/// <summary>
/// Finds the signatures that may cover a context without looking at the others. Each is filed under the one of its conditions that it
/// shares with the fewest; those without a condition are always looked at.
/// </summary>
internal sealed class SignatureIndex
{
    private enum Field
    {
        Scope,
        Subject,
        Kind,
        Model,
        GpuClass,
        Region,
        Tag,
        Provider,
        Offer,
    }

    private static readonly int Fields = Enum.GetValues<Field>().Length;

    // One for each field, null while nothing is filed under it.
    private readonly FrozenDictionary<Guid, CompiledSignature[]>?[] _byId = new FrozenDictionary<Guid, CompiledSignature[]>?[Fields];
    private readonly FrozenDictionary<string, CompiledSignature[]>?[] _byName = new FrozenDictionary<string, CompiledSignature[]>?[Fields];
    private readonly CompiledSignature[] _always;

    public SignatureIndex(IReadOnlyList<CompiledSignature> signatures)
    {
        var shared = signatures
            .SelectMany(one => Conditions(one.Signature).SelectMany(values => values))
            .CountBy(key => key)
            .ToDictionary();
        var filed = new Dictionary<(Field, Guid, string?), List<CompiledSignature>>();
        var always = new List<CompiledSignature>();
        foreach (var one in signatures)
        {
            var best = Conditions(one.Signature).MinBy(values => values.Max(key => shared[key]));
            if (best is null)
                always.Add(one);
            foreach (var key in best ?? [])
            {
                if (!filed.TryGetValue(key, out var list))
                    filed[key] = list = [];
                list.Add(one);
            }
        }

        _always = [.. always];
        foreach (var field in filed.GroupBy(pair => pair.Key.Item1))
        {
            var (names, ids) = (
                field.Where(pair => pair.Key.Item3 is not null).ToList(),
                field.Where(pair => pair.Key.Item3 is null).ToList()
            );
            if (names.Count > 0)
                _byName[(int)field.Key] = names.ToFrozenDictionary(
                    pair => pair.Key.Item3!,
                    pair => pair.Value.ToArray(),
                    StringComparer.Ordinal
                );
            if (ids.Count > 0)
                _byId[(int)field.Key] = ids.ToFrozenDictionary(pair => pair.Key.Item2, pair => pair.Value.ToArray());
        }
    }

    /// <summary>
    /// Adds what may cover the context, nothing twice except signatures filed under several of the context's tags or programmes.
    /// </summary>
    public void AddCandidates(QuotaContext context, List<CompiledSignature> found)
    {
        found.AddRange(_always);
        AddAll(Field.Scope, context.ProgrammePath, found);
        AddSubjects(context, found);
        Add(Field.Kind, context.OrganizationKind, found);
        Add(Field.Model, context.GpuModelId, found);
        Add(Field.GpuClass, context.GpuClass, found);
        Add(Field.Region, context.Region, found);
        Add(Field.Provider, context.ProviderId, found);
        Add(Field.Offer, context.OfferId, found);
        if (_byName[(int)Field.Tag] is null)
            return;
        foreach (var tag in context.Tags)
            Add(Field.Tag, tag, found);
    }

    private static List<(Field, Guid, string?)[]> Conditions(RuleSignature signature)
    {
        var conditions = new List<(Field, Guid, string?)[]>();
        void Ids(Field field, IReadOnlyList<Guid> ids)
        {
            if (ids.Count > 0)
                conditions.Add([.. ids.Select(id => (field, id, (string?)null))]);
        }

        void Names(Field field, IReadOnlyList<string> names)
        {
            if (names.Count > 0)
                conditions.Add([.. names.Select(name => (field, Guid.Empty, (string?)name))]);
        }

        if (signature.ScopeProgrammeId is { } scope)
            Ids(Field.Scope, [scope]);
        Ids(Field.Subject, signature.Subject.Ids);
        Names(Field.Kind, signature.Subject.Kinds);
        Names(Field.Model, signature.Filter.GpuModels);
        Names(Field.GpuClass, signature.Filter.GpuClasses);
        Names(Field.Region, signature.Filter.Regions);
        Names(Field.Tag, signature.Filter.Tags);
        Ids(Field.Provider, signature.Filter.Providers);
        Ids(Field.Offer, signature.Filter.Offers);
        return conditions;
    }

    private void AddSubjects(QuotaContext context, List<CompiledSignature> found)
    {
        if (_byId[(int)Field.Subject] is null)
            return;
        AddAll(Field.Subject, context.ProgrammePath, found);
        Add(Field.Subject, context.OrganizationId, found);
        Add(Field.Subject, context.ProjectId, found);
        Add(Field.Subject, context.MemberId, found);
        Add(Field.Subject, context.PartnerId, found);
    }

    private void AddAll(Field field, IReadOnlyList<Guid> ids, List<CompiledSignature> found)
    {
        if (_byId[(int)field] is null)
            return;
        for (var i = 0; i < ids.Count; i++)
            Add(field, ids[i], found);
    }

    private void Add(Field field, Guid? id, List<CompiledSignature> found)
    {
        if (id is { } known && _byId[(int)field] is { } filed && filed.TryGetValue(known, out var signatures))
            found.AddRange(signatures);
    }

    private void Add(Field field, string? name, List<CompiledSignature> found)
    {
        if (name is not null && _byName[(int)field] is { } filed && filed.TryGetValue(name, out var signatures))
            found.AddRange(signatures);
    }
}
