using System.Collections.Frozen;

namespace GpuGrants.Quotas.Counting;

/// <summary>
/// Finds the signatures that may cover a context without looking at the others. Each is filed under the one of its conditions that it
/// shares with the fewest; those without a condition are always looked at.
/// </summary>
internal sealed class SignatureIndex
{
    private static readonly int Fields = Enum.GetValues<IndexField>().Length;

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
        var filed = new Dictionary<IndexKey, List<CompiledSignature>>();
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
        foreach (var field in filed.GroupBy(pair => pair.Key.Field))
        {
            var (names, ids) = (
                field.Where(pair => pair.Key.Name is not null).ToList(),
                field.Where(pair => pair.Key.Name is null).ToList()
            );
            if (names.Count > 0)
                _byName[(int)field.Key] = names.ToFrozenDictionary(
                    pair => pair.Key.Name!,
                    pair => pair.Value.ToArray(),
                    StringComparer.Ordinal
                );
            if (ids.Count > 0)
                _byId[(int)field.Key] = ids.ToFrozenDictionary(pair => pair.Key.Id, pair => pair.Value.ToArray());
        }
    }

    /// <summary>
    /// Adds what may cover the context. A signature comes more than once when it is filed under several of the context's tags, or of the
    /// ids in it: programmes, organization, project, member, partner, asker and owners.
    /// </summary>
    public void AddCandidates(QuotaContext context, List<CompiledSignature> found)
    {
        found.AddRange(_always);
        AddAll(IndexField.Scope, context.ProgrammePath, found);
        AddSubjects(context, found);
        Add(IndexField.Kind, context.OrganizationKind, found);
        Add(IndexField.Model, context.GpuModelId, found);
        Add(IndexField.GpuClass, context.GpuClass, found);
        Add(IndexField.Region, context.Region, found);
        Add(IndexField.Provider, context.ProviderId, found);
        Add(IndexField.Offer, context.OfferId, found);
        if (_byName[(int)IndexField.Tag] is null)
            return;
        foreach (var tag in context.Tags)
            Add(IndexField.Tag, tag, found);
    }

    /// <summary>The keys under any group of which the signature may be filed.</summary>
    private static List<IReadOnlyList<IndexKey>> Conditions(RuleSignature signature)
    {
        var (scope, subject) = (signature.ScopeProgrammeId, signature.Subject);
        List<IReadOnlyList<IndexKey>> all =
        [
            scope is { } programme ? [IndexKey.Of(IndexField.Scope, programme)] : [],
            signature.ScopeOrganizationId is { } organization ? [IndexKey.Of(IndexField.Subject, organization)] : [],
            [.. subject.Ids.Select(id => IndexKey.Of(IndexField.Subject, id))],
            [.. subject.Kinds.Select(kind => IndexKey.Of(IndexField.Kind, kind))],
            .. signature.Filter.Conditions.Select(one => one.IndexKeys),
        ];
        return all.FindAll(keys => keys.Count > 0);
    }

    private void AddSubjects(QuotaContext context, List<CompiledSignature> found)
    {
        if (_byId[(int)IndexField.Subject] is null)
            return;
        AddAll(IndexField.Subject, context.ProgrammePath, found);
        Add(IndexField.Subject, context.OrganizationId, found);
        Add(IndexField.Subject, context.ProjectId, found);
        Add(IndexField.Subject, context.MemberId, found);
        Add(IndexField.Subject, context.PartnerId, found);
        AddPeople(context, found);
    }

    /// <summary>A principal that is a person is found as member and as person: the ids are the same, and are looked up once.</summary>
    private void AddPeople(QuotaContext context, List<CompiledSignature> found)
    {
        if (context.AskerId is { } asker && asker != context.MemberId)
            Add(IndexField.Subject, asker, found);
        foreach (var owner in context.OwnerIds)
        {
            if (owner != context.MemberId && owner != context.AskerId)
                Add(IndexField.Subject, owner, found);
        }
    }

    private void AddAll(IndexField field, IReadOnlyList<Guid> ids, List<CompiledSignature> found)
    {
        if (_byId[(int)field] is null)
            return;
        for (var i = 0; i < ids.Count; i++)
            Add(field, ids[i], found);
    }

    private void Add(IndexField field, Guid? id, List<CompiledSignature> found)
    {
        if (id is { } known && _byId[(int)field] is { } filed && filed.TryGetValue(known, out var signatures))
            found.AddRange(signatures);
    }

    private void Add(IndexField field, string? name, List<CompiledSignature> found)
    {
        if (name is not null && _byName[(int)field] is { } filed && filed.TryGetValue(name, out var signatures))
            found.AddRange(signatures);
    }
}
